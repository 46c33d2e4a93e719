package dev.sluice.launcher;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals of the operating system. The JDK has no supported way to handle them. The unsupported one,
 * {@code sun.misc.Signal}, is used by reflection only, because the compiler's warning about it cannot be suppressed.
 */
final class Signals {

    /** Tells a daemon to read its configuration again. */
    static final String HANG_UP = "HUP";

    /** Tells a process to end. */
    static final String TERMINATE = "TERM";

    /** The same, from a terminal: Ctrl-C. */
    static final String INTERRUPT = "INT";

    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /**
     * Runs the action, on any thread, whenever the process gets the signal from now on, in place of any earlier action.
     * No-op where there is no such signal, or where the JVM does not let it be handled ({@code -Xrs}).
     */
    static void handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler handling = (proxy, method, arguments) -> {
                if (method.getDeclaringClass() == Object.class) {
                    return method.invoke(action, arguments);
                }
                action.run();
                return null;
            };
            Object proxy = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, handling);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.debug("SIG{} cannot be handled here", name, e);
        }
    }
}
