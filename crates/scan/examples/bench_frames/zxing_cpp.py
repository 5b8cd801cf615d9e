"""zxing-cpp as shipped, for `bench_frames`: frames come in on stdin, what was read and how long it took goes out.

A frame is a line `WIDTH HEIGHT`, then one byte a pixel. The answer is a line of JSON: [milliseconds, [texts]].
"""

import json
import sys
import time

import zxingcpp

QR = zxingcpp.BarcodeFormat.QRCode


def main():
    frames, answers = sys.stdin.buffer, sys.stdout
    while size := frames.readline():
        width, height = map(int, size.split())
        picture = memoryview(frames.read(width * height)).cast("B", shape=[height, width])
        started = time.perf_counter()
        try:
            texts = [read.text for read in zxingcpp.read_barcodes(picture, formats=QR)]
        except (ValueError, RuntimeError):
            texts = []
        milliseconds = (time.perf_counter() - started) * 1000.0
        answers.write(json.dumps([milliseconds, texts]) + "\n")
        answers.flush()


main()
