package dev.sluice.forward;

import jakarta.servlet.ServletOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.ee10.servlet.HttpOutput;
import org.jspecify.annotations.Nullable;

/**
 * The Jetty that Sluice brings along: over HTTP/1.1 it writes from the buffer that it is given, and has read from it what the buffer's position
 * says. Other hosts copy what they are given, and no other version is known to be like that.
 */
final class OwnJetty {

    private static final @Nullable Class<?> OUTPUT = output();

    private OwnJetty() {}

    private static @Nullable Class<?> output() {
        ClassLoader own = OwnJetty.class.getClassLoader();
        try {
            Class<?> output = Class.forName("org.eclipse.jetty.ee10.servlet.HttpOutput", false, own);
            return output.getClassLoader() == own ? output : null;
        } catch (ClassNotFoundException e) {
            return null;
        }
    }

    static boolean isBehind(ServletOutputStream output) {
        return output.getClass() == OUTPUT;
    }

    /** Writes all of it. The buffer is Jetty's from now on, and so are its bytes until its position is at its limit. */
    static void write(ServletOutputStream output, ByteBuffer data) throws IOException {
        ((HttpOutput) output).write(data);
    }
}
