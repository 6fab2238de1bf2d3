"""Robotics: logs of sensors and actions, step by step; the action that the demonstrator would take next."""
