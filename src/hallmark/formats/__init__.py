"""Files as people have them, read and checked: what the systems' reading shares. Every fault is one clear sentence."""
