"""Control of devices: PTZ, presets, inputs and outputs, manual recording."""
