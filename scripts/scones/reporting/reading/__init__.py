"""What a report says beside the captures, read from AWS and never written. What cannot be read is said."""
