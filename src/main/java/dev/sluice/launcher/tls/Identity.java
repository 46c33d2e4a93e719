package dev.sluice.launcher.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a listener: a private key, and the certificate chain that belongs to it. Immutable.
 *
 * @param chain the listener's own certificate first, each issued by the next
 */
record Identity(PrivateKey key, List<X509Certificate> chain) {

    private static final String ALIAS = "listener";

    /** The password of the only entry in a key store that never leaves memory. */
    static final String PASSWORD = "in memory";

    /** Tools renew certificates well before this, so that by then something is wrong. */
    private static final Duration SOON = Duration.ofDays(14);

    /** As TLS uses it (RFC 8446 section 4.2.3). */
    private static final PSSParameterSpec PSS =
            new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, PSSParameterSpec.TRAILER_FIELD_BC);

    private static final byte[] SAMPLE = {1, 2, 3};

    /**
     * @param certificates PEM with the chain; other blocks are ignored
     * @param key PEM with the key, of which only the first block with a private key counts
     * @throws WrongCertificateException if there is no valid chain
     * @throws WrongKeyException if there is no key that belongs to the chain's first certificate
     */
    static Identity parse(String certificates, String key) throws WrongCertificateException, WrongKeyException {
        List<X509Certificate> chain = chain(certificates);
        PublicKey publicKey = chain.get(0).getPublicKey();
        PrivateKey privateKey = privateKey(key, publicKey);
        if (!belongTogether(privateKey, publicKey)) {
            throw new WrongKeyException(
                    "the key does not belong to the first certificate, that of " + name(chain.get(0)));
        }
        return new Identity(privateKey, chain);
    }

    private static List<X509Certificate> chain(String text) throws WrongCertificateException {
        List<X509Certificate> chain = new ArrayList<>();
        int number = 0;
        for (Pem block : Pem.blocks(text)) {
            if (block.isCertificate()) {
                X509Certificate next = certificate(block, ++number);
                if (!chain.contains(next)) { // as where a self-signed one is given as its own authority
                    chain.add(next);
                }
            }
        }
        if (chain.isEmpty()) {
            throw new WrongCertificateException("there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in it");
        }
        for (int i = 1; i < chain.size(); i++) {
            if (!chain.get(i - 1).getIssuerX500Principal().equals(chain.get(i).getSubjectX500Principal())) {
                throw new WrongCertificateException("certificate " + (i + 1) + ", that of " + name(chain.get(i))
                        + ", is not that of the issuer of the one before it; the listener's own must be the first");
            }
        }
        return List.copyOf(chain);
    }

    private static X509Certificate certificate(Pem block, int number) throws WrongCertificateException {
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(block.der()));
        } catch (CertificateException | IllegalArgumentException e) {
            throw new WrongCertificateException("certificate " + number + " is damaged: " + e.getMessage());
        }
    }

    private static PrivateKey privateKey(String text, PublicKey publicKey) throws WrongKeyException {
        Pem block = Pem.blocks(text).stream()
                .filter(Pem::isPrivateKey)
                .findFirst()
                .orElseThrow(() -> new WrongKeyException("there is no key in PEM (-----BEGIN PRIVATE KEY-----) in it"));
        if (block.isEncrypted()) {
            throw new WrongKeyException(
                    "the key is encrypted; it must be one without a passphrase, as `openssl pkey` writes it");
        }
        String algorithm = publicKey.getAlgorithm();
        try {
            byte[] pkcs8 =
                    block.label().equals("PRIVATE KEY") ? block.der() : Der.pkcs8(block.der(), publicKey.getEncoded());
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (InvalidKeySpecException | IllegalArgumentException e) {
            throw new WrongKeyException("the key is damaged, or is not for " + algorithm + " as the certificate is");
        } catch (GeneralSecurityException e) {
            throw new WrongKeyException("keys for " + algorithm + " are not known here");
        }
    }

    private static boolean belongTogether(PrivateKey key, PublicKey publicKey) throws WrongKeyException {
        String algorithm = switch (publicKey.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> publicKey.getAlgorithm();
        };
        try {
            Signature signature = Signature.getInstance(algorithm);
            if (algorithm.equals("RSASSA-PSS")) {
                signature.setParameter(PSS);
            }
            signature.initSign(key);
            signature.update(SAMPLE);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(SAMPLE);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            throw new WrongKeyException("the key cannot sign: " + e.getMessage());
        }
    }

    private static String name(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }

    /** A key store that holds only this identity. */
    KeyStore keyStore() {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(ALIAS, key, PASSWORD.toCharArray(), chain.toArray(Certificate[]::new));
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("A key store in memory could not be made", e);
        }
    }

    /** Why clients refuse the listener's own certificate now, or soon will, for people; null if they do not. */
    @Nullable
    String trouble(Instant now) {
        Instant from = chain.get(0).getNotBefore().toInstant();
        Instant until = chain.get(0).getNotAfter().toInstant();
        if (now.isBefore(from)) {
            return "it is NOT YET VALID, but from " + from;
        }
        if (now.isAfter(until)) {
            return "it has EXPIRED";
        }
        return now.plus(SOON).isAfter(until) ? "it EXPIRES within " + SOON.toDays() + " days" : null;
    }

    /** For people: the certificate's subject, and when it expires. */
    @Override
    public String toString() {
        return name(chain.get(0)) + ", valid until "
                + chain.get(0).getNotAfter().toInstant();
    }

    /** The content of the certificate file is unusable. The message tells the user why. */
    static final class WrongCertificateException extends Exception {

        private static final long serialVersionUID = 1;

        WrongCertificateException(String message) {
            super(message);
        }
    }

    /** The content of the key file is unusable. The message tells the user why. */
    static final class WrongKeyException extends Exception {

        private static final long serialVersionUID = 1;

        WrongKeyException(String message) {
            super(message);
        }
    }
}
