"""打包: parcels, and that what is in them is what was ordered."""
