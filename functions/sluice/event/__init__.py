"""Events: their ids, their bodies, and the envelope that says where one comes from."""
