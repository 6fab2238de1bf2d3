"""Pictures in the formats that people have them in, into arrays of one shape and a table of what is said of each."""
