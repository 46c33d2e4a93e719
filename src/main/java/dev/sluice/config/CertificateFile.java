package dev.sluice.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;

/** Reads a file of concatenated PEM certificates (RFC 7468). */
final class CertificateFile {

    private CertificateFile() {}

    /**
     * @throws IllegalArgumentException if the file cannot be read, has no certificate, or has something that is not one
     */
    static List<X509Certificate> read(String file) {
        List<X509Certificate> certificates;
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            certificates = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (IOException | InvalidPathException e) {
            throw new IllegalArgumentException(ConfigurationFile.unreadable(file, e), e);
        } catch (CertificateException e) {
            throw new IllegalArgumentException(
                    "the file has something that is no certificate in PEM: " + e.getMessage(), e);
        }
        if (certificates.isEmpty()) {
            throw new IllegalArgumentException("the file has no certificate in PEM (-----BEGIN CERTIFICATE-----)");
        }
        return certificates;
    }
}
