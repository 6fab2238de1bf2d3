"""Speech: audio to text by connectionist temporal classification."""
