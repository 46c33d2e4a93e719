package dev.sluice.launcher;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.VMOption;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The heap of this JVM. */
final class Heap {

    /** How much of the heap may be free after a full collection, in percent. */
    private static final String MAX_FREE = "MaxHeapFreeRatio";

    /** Twenty times what is alive, which is about 7 MiB then. */
    private static final String MAX_FREE_AT_START = "95";

    private static final Logger LOG = LoggerFactory.getLogger(Heap.class);

    private Heap() {}

    /**
     * Fits the heap to what is alive after the start. A JVM begins with a 64th of the machine's memory, and G1 uses most
     * of its heap before it collects garbage often. By default a full collection would leave a sixth of that, which
     * G1 then lets grow beyond it as soon as there is load. Other collectors keep their heap.
     */
    static void fit() {
        try {
            HotSpotDiagnosticMXBean jvm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            VMOption maxFree = jvm.getVMOption(MAX_FREE);
            if (maxFree.getOrigin() == VMOption.Origin.DEFAULT) {
                jvm.setVMOption(MAX_FREE, MAX_FREE_AT_START);
                System.gc();
                jvm.setVMOption(MAX_FREE, maxFree.getValue());
            }
        } catch (RuntimeException | LinkageError e) {
            LOG.debug("This JVM keeps its heap", e);
        }
    }
}
