"""What nodes say of their own power through their management controllers."""
