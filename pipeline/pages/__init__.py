"""Pages for people: one shell, one style, charts drawn as inline SVG; nothing is loaded from anywhere."""
