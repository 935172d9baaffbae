"""The simulated Taobao/Tmall gateway (TOP): what it checks and does, and how it writes a trade."""
