package dev.sluice.forward.container;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.ee10.servlet.HttpOutput;

/**
 * The Jetty that Sluice ships with. Over HTTP/1.1 it writes from the buffer that it is given, and the buffer's position
 * says how far it has read. Other hosts copy what they are given, and no other version is known to behave like this
 * one.
 */
public final class OwnJetty {

    /** By name: in other hosts the class may be missing. */
    private static final String OUTPUT = "org.eclipse.jetty.ee10.servlet.HttpOutput";

    private OwnJetty() {}

    /** Whether the stream is this Jetty's, so that {@link #write} may be used. */
    public static boolean isBehind(ServletOutputStream output) {
        Class<?> its = output.getClass();
        return its.getClassLoader() == OwnJetty.class.getClassLoader()
                && its.getName().equals(OUTPUT);
    }

    /** Writes all of it. Jetty owns the buffer from now on, and its bytes until its position reaches its limit. */
    public static void write(ServletOutputStream output, ByteBuffer data) throws IOException {
        ((HttpOutput) output).write(data);
    }
}
