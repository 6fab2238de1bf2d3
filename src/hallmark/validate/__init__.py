"""Stage validate: is the prepared data fit to learn from and to judge with?"""
