package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class StandardErrorTest {

    /** Takes nothing before it is told to. */
    private static final class Reader extends OutputStream {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch mayGoOn = new CountDownLatch(1);
        final ByteArrayOutputStream read = new ByteArrayOutputStream();

        @Override
        public void write(int octet) {
            throw new AssertionError("one byte at a time");
        }

        @Override
        public void write(byte[] source, int offset, int length) {
            begun.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            synchronized (this) {
                read.write(source, offset, length);
            }
        }

        synchronized String text() {
            return read.toString(StandardCharsets.US_ASCII);
        }
    }

    private final Reader reader = new Reader();
    private final StandardError error = new StandardError(reader);
    private final PrintStream print = new PrintStream(error, true, StandardCharsets.US_ASCII);

    private void stall() throws InterruptedException {
        print.print("first\n");
        reader.begun.await();
    }

    private void readOn() {
        reader.mayGoOn.countDown();
        error.awaitWritten(TimeUnit.SECONDS.toNanos(20));
    }

    @Test
    void nobodyWaitsForWhoeverReadsIt() throws InterruptedException {
        stall();
        print.print("second\n");
        print.print("third\n");
        assertThat(reader.text()).isEmpty();
        readOn();
        assertThat(reader.text()).isEqualTo("first\nsecond\nthird\n");
    }

    @Test
    void itKeepsNoMoreThanItsLimitAndSaysSo() throws InterruptedException {
        stall();
        String line = "x".repeat(1023) + "\n";
        int kept = StandardError.CAPACITY / line.length();
        for (int i = 0; i < kept + 10; i++) {
            print.print(line);
        }
        print.print("short\n"); // a gap stays one gap
        readOn();
        int lost = 10 * line.length() + "short\n".length();
        assertThat(reader.text())
                .isEqualTo("first\n" + line.repeat(kept)
                        + System.lineSeparator()
                        + "Dropped, because the standard error was not read in time: " + lost + " bytes"
                        + System.lineSeparator());
        print.print("later\n");
        error.awaitWritten(TimeUnit.SECONDS.toNanos(20));
        assertThat(reader.text()).endsWith(" bytes" + System.lineSeparator() + "later\n");
    }

    @Test
    void itsEndIsNotWaitedForForever() throws InterruptedException {
        stall();
        error.awaitWritten(TimeUnit.MILLISECONDS.toNanos(1));
        assertThat(reader.text()).isEmpty();
    }

    @Test
    void afterAFailureItGoesOn() {
        ByteArrayOutputStream second = new ByteArrayOutputStream();
        CountDownLatch failed = new CountDownLatch(1);
        StandardError broken = new StandardError(new OutputStream() {
            @Override
            public void write(int octet) {
                throw new AssertionError("one byte at a time");
            }

            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                if (failed.getCount() > 0) {
                    failed.countDown();
                    throw new IOException("Broken pipe");
                }
                second.write(source, offset, length);
            }
        });
        broken.write('a');
        await().until(() -> failed.getCount() == 0);
        broken.write('b');
        broken.awaitWritten(TimeUnit.SECONDS.toNanos(20));
        assertThat(second.toString(StandardCharsets.US_ASCII)).isEqualTo("b");
    }
}
