"""拣货: waves of reviewed and reserved orders in bin order, each for one device."""
