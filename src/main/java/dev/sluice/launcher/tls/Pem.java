package dev.sluice.launcher.tls;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One block of a PEM file (RFC 7468).
 *
 * @param label the kind of content, such as {@code CERTIFICATE}
 * @param headers the header lines of the older form (RFC 1421), which say how the content is encrypted; usually empty
 * @param base64 the content, with its line ends
 */
record Pem(String label, String headers, String base64) {

    private static final Pattern BLOCK = Pattern.compile(
            "-----BEGIN ([A-Z0-9 ]+)-----((?:\\s*[A-Za-z0-9-]+:[^\\r\\n]*)*)(.*?)-----END \\1-----", Pattern.DOTALL);
    private static final Pattern WHITE_SPACE = Pattern.compile("\\s+");

    /** The blocks of a file, in order. The text between them is explanatory and is ignored. */
    static List<Pem> blocks(String text) {
        List<Pem> blocks = new ArrayList<>();
        Matcher block = BLOCK.matcher(text);
        while (block.find()) {
            blocks.add(new Pem(block.group(1), block.group(2), block.group(3)));
        }
        return blocks;
    }

    boolean isCertificate() {
        return label.equals("CERTIFICATE") || label.equals("X509 CERTIFICATE");
    }

    boolean isPrivateKey() {
        return label.endsWith("PRIVATE KEY");
    }

    /** Whether a passphrase is needed: PKCS #8 says so in the label, the older form in a header line. */
    boolean isEncrypted() {
        return label.startsWith("ENCRYPTED") || headers.contains("ENCRYPTED");
    }

    /** @throws IllegalArgumentException if it is not Base64 */
    byte[] der() {
        return Base64.getDecoder().decode(WHITE_SPACE.matcher(base64).replaceAll(""));
    }
}
