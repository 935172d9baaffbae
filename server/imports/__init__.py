"""导入: order files that people export from the platforms' back offices, when the API cannot be had."""
