package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class StandardOutputTest {

    /** As a full disk, once: takes the first three bytes only. */
    @Test
    void aLineThatWasCutOffDoesNotSpoilTheNext() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        StandardOutput output = new StandardOutput(new OutputStream() {
            private boolean isFull = true;

            @Override
            public void write(int octet) {
                throw new AssertionError("one byte at a time");
            }

            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                written.write(source, offset, isFull ? 3 : length);
                if (isFull) {
                    isFull = false;
                    throw new IOException("No space left on device");
                }
            }
        });
        assertThatThrownBy(() -> output.write("first\n")).isInstanceOf(UncheckedIOException.class);
        output.write("second\n");
        output.write("third\n");
        assertThat(written.toString(StandardCharsets.UTF_8)).isEqualTo("fir\nsecond\nthird\n");
    }
}
