"""打单 and 出库: waybills, labels, hand-over, write-back, what the carrier reports."""
