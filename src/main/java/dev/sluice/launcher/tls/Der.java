package dev.sluice.launcher.tls;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/**
 * The part of DER (X.690) that it takes to convert a private key from the older forms to the one that the JDK reads.
 */
final class Der {

    private static final int INTEGER = 0x02;
    private static final int OCTET_STRING = 0x04;
    private static final int SEQUENCE = 0x30;
    private static final int LONG_LENGTH = 0x80;

    private Der() {}

    /**
     * Converts a key from PKCS #1 (RFC 8017, appendix A.1.2) or SEC 1 (RFC 5915) to PKCS #8 (RFC 5958).
     *
     * @param publicKey the public half, a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), which names the algorithm
     *     and the curve in the same way
     */
    static byte[] pkcs8(byte[] privateKey, byte[] publicKey) {
        ByteArrayOutputStream info = new ByteArrayOutputStream();
        info.writeBytes(element(INTEGER, new byte[] {0}));
        info.writeBytes(firstOf(publicKey));
        info.writeBytes(element(OCTET_STRING, privateKey));
        return element(SEQUENCE, info.toByteArray());
    }

    private static byte[] element(int tag, byte[] content) {
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (content.length < LONG_LENGTH) {
            element.write(content.length);
        } else {
            int bytes = content.length < 1 << 8 ? 1 : content.length < 1 << 16 ? 2 : 3;
            element.write(LONG_LENGTH | bytes);
            for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
                element.write(content.length >> shift);
            }
        }
        element.writeBytes(content);
        return element.toByteArray();
    }

    /** The first element of a sequence, with its tag and length. */
    private static byte[] firstOf(byte[] sequence) {
        ByteBuffer in = ByteBuffer.wrap(sequence);
        in.get();
        length(in);
        int begin = in.position();
        in.get();
        int length = length(in);
        byte[] element = new byte[in.position() - begin + length];
        in.position(begin).get(element);
        return element;
    }

    private static int length(ByteBuffer in) {
        int first = in.get() & 0xff;
        if (first < LONG_LENGTH) {
            return first;
        }
        int length = 0;
        for (int bytes = first & ~LONG_LENGTH; bytes > 0; bytes--) {
            length = (length << 8) | (in.get() & 0xff);
        }
        return length;
    }
}
