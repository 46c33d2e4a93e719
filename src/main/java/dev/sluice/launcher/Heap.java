package dev.sluice.launcher;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The heap of this JVM. */
final class Heap {

    /** How much of the heap may be free after a full collection, in percent. */
    private static final String MAX_FREE = "MaxHeapFreeRatio";

    /** Twenty times what is alive, which is about 7 MiB then. */
    private static final String MAX_FREE_AT_START = "95";

    /** What G1 counts its full collections by. */
    private static final String FULL_COLLECTIONS = "G1 Old Generation";

    private static final int ATTEMPTS = 10;
    private static final long PAUSE_MILLIS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(Heap.class);

    private Heap() {}

    /**
     * Fits the heap to what is alive after the start. A JVM begins with a 64th of the machine's memory, and G1 uses most
     * of its heap before it collects garbage often. By default a full collection would leave a sixth of that, which
     * G1 then lets grow beyond it as soon as there is load. Other collectors keep their heap.
     */
    static void fit() throws InterruptedException {
        try {
            HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            VMOption maxFree = jvm.getVMOption(MAX_FREE);
            if (maxFree.getOrigin() == VMOption.Origin.DEFAULT) {
                jvm.setVMOption(MAX_FREE, MAX_FREE_AT_START);
                try {
                    collect();
                } finally {
                    jvm.setVMOption(MAX_FREE, maxFree.getValue());
                }
            }
        } catch (RuntimeException | LinkageError e) {
            LOG.debug("This JVM keeps its heap", e);
        }
    }

    /**
     * Collects garbage in full. Before JDK 22, G1 drops the demand while any thread's native code uses an array, as it does
     * where it reads a class from a JAR, and requests that come at the start load classes.
     */
    private static void collect() throws InterruptedException {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector.getName().equals(FULL_COLLECTIONS)) {
                long before = collector.getCollectionCount();
                for (int i = 0; i < ATTEMPTS && collector.getCollectionCount() == before; i++) {
                    Thread.sleep(i * PAUSE_MILLIS);
                    System.gc();
                }
            }
        }
    }
}
