"""接单 and 审单: raw orders, what they become, reviewed or held, reserved or short."""
