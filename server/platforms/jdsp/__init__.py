"""JD's newer open platform (SP-API), whose enums are not published: its orders are pulled, and held."""
