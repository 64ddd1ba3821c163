"""What travels: an event's id, its body, and the envelope that says where it comes from."""
