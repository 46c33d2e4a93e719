package dev.sluice.forward;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.ee10.servlet.HttpOutput;

/**
 * The Jetty that Sluice brings along: over HTTP/1.1 it writes from the buffer that it is given, and has read from it what the buffer's position
 * says. Other hosts copy what they are given, and no other version is known to be like that.
 */
final class OwnJetty {

    /** By its name: elsewhere the class may not be there. */
    private static final String OUTPUT = "org.eclipse.jetty.ee10.servlet.HttpOutput";

    private OwnJetty() {}

    static boolean isBehind(ServletOutputStream output) {
        Class<?> its = output.getClass();
        return its.getClassLoader() == OwnJetty.class.getClassLoader()
                && its.getName().equals(OUTPUT);
    }

    /** Writes all of it. The buffer is Jetty's from now on, and so are its bytes until its position is at its limit. */
    static void write(ServletOutputStream output, ByteBuffer data) throws IOException {
        ((HttpOutput) output).write(data);
    }
}
