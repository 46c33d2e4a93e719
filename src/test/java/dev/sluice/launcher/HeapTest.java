package dev.sluice.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class HeapTest {

    /** Until JDK 22 G1 collects nothing while a thread's native code uses an array, and does not say so. */
    @Test
    void collectsAlsoIfNativeCodeUsesAnArrayAtFirst() throws Exception {
        assumeThat(fullCollections()).as("collector is G1").isNotNegative();
        long before = fullCollections();
        CountDownLatch begun = new CountDownLatch(1);
        Thread deflating = new Thread(() -> deflate(begun));
        deflating.start();
        begun.await();
        Heap.fit();
        deflating.join();
        assertThat(fullCollections()).isGreaterThan(before);
    }

    /** One call of native code, for a tenth of a second or two. */
    private static void deflate(CountDownLatch begun) {
        byte[] random = new byte[8 << 20];
        new Random(1).nextBytes(random);
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        deflater.setInput(random);
        deflater.finish();
        byte[] output = new byte[random.length + random.length / 8];
        begun.countDown();
        deflater.deflate(output);
        deflater.end();
    }

    /** -1 if the collector is another one. */
    private static long fullCollections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .filter(collector -> collector.getName().equals("G1 Old Generation"))
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .findAny()
                .orElse(-1);
    }
}
