package dev.sluice.launcher;

import dev.sluice.observe.AccessLog;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Writes the access log to the standard output: the other log goes to the standard error. Not thread-safe. */
final class StandardOutput implements AccessLog.Output {

    private final OutputStream target;
    private boolean isTorn; // whether a part of the last line may have been written

    StandardOutput() {
        this(new FileOutputStream(FileDescriptor.out)); // System.out would hide a failure
    }

    StandardOutput(OutputStream target) {
        this.target = target;
    }

    @Override
    public void write(CharSequence lines) {
        byte[] text = (isTorn ? "\n" + lines : lines.toString()).getBytes(StandardCharsets.UTF_8);
        isTorn = true;
        try {
            target.write(text);
            isTorn = false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
