package dev.sluice.launcher.tls;

import dev.sluice.launcher.tls.Identity.WrongCertificateException;
import dev.sluice.launcher.tls.Identity.WrongKeyException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The two files that LISTENER_TLS_CERTIFICATE_FILE and LISTENER_TLS_KEY_FILE name. Immutable, unlike their content. */
record IdentityFiles(Path certificateFile, Path keyFile) {

    private static final String CERTIFICATE = "LISTENER_TLS_CERTIFICATE_FILE";
    private static final String KEY = "LISTENER_TLS_KEY_FILE";

    /** The content of both files at one time. */
    record Content(String certificates, String key) {}

    /**
     * @throws UnusableFileException if one cannot be read; if neither can, {@link UnusableFileException#all} has both
     */
    Content read() throws UnusableFileException {
        String certificates;
        try {
            certificates = read(CERTIFICATE, certificateFile);
        } catch (UnusableFileException e) {
            try {
                read(KEY, keyFile);
            } catch (UnusableFileException ofKey) {
                e.addSuppressed(ofKey);
            }
            throw e;
        }
        return new Content(certificates, read(KEY, keyFile));
    }

    private static String read(String variable, Path file) throws UnusableFileException {
        if (file.toString().isEmpty()) {
            throw new UnusableFileException(variable, file, "it is not set; it must be a file in PEM");
        }
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new UnusableFileException(variable, file, "there is no file " + file.toAbsolutePath());
        } catch (AccessDeniedException e) {
            throw new UnusableFileException(variable, file, "the file may not be read");
        } catch (IOException e) {
            throw new UnusableFileException(variable, file, "the file cannot be read: " + e.getMessage());
        }
    }

    /** @throws UnusableFileException for the file whose content is not a certificate, or not its key */
    Identity identity(Content content) throws UnusableFileException {
        try {
            return Identity.parse(content.certificates(), content.key());
        } catch (WrongCertificateException e) {
            throw new UnusableFileException(CERTIFICATE, certificateFile, String.valueOf(e.getMessage()));
        } catch (WrongKeyException e) {
            throw new UnusableFileException(KEY, keyFile, String.valueOf(e.getMessage()));
        }
    }
}
