package dev.sluice.launcher.tls;

import dev.sluice.launcher.tls.IdentityFiles.Content;
import dev.sluice.watch.Watch;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS 1.2 and 1.3 for a listener, with the certificate and the key of two PEM files. While it runs, the files are read
 * again every second: a pair that belongs together is used for new connections; for any other, the log says why the old
 * one stays. The log also warns, at once and every day, of a certificate that is not valid, or will soon expire. As
 * thread-safe as Jetty's own.
 */
public final class FileContextFactory extends SslContextFactory.Server {

    private static final Logger LOG = LoggerFactory.getLogger(FileContextFactory.class);
    private static final Duration REMINDER = Duration.ofDays(1);

    private final InstantSource clock;
    private final IdentityFiles files;
    private final Identity first;
    private Content used;
    private Identity identity; // of the content used
    private Instant nextReminder = Instant.MIN;

    /** Why the current content of the files is not in use; null if it is. */
    private volatile @Nullable String problem;

    private @Nullable Watch<Content> watch;

    /** @throws UnusableFileException if the files do not hold a certificate and its key */
    public FileContextFactory(Path certificateFile, Path keyFile) throws UnusableFileException {
        this(certificateFile, keyFile, InstantSource.system());
    }

    FileContextFactory(Path certificateFile, Path keyFile, InstantSource clock) throws UnusableFileException {
        this.clock = clock;
        files = new IdentityFiles(certificateFile, keyFile);
        used = files.read();
        first = files.identity(used);
        identity = first;
        setIncludeProtocols("TLSv1.3", "TLSv1.2");
        setRenegotiationAllowed(false);
        setKeyStorePassword(Identity.PASSWORD);
        setKeyStore(first.keyStore());
    }

    /**
     * For Jetty's XML files, whose values are strings; null if one is not set.
     *
     * @throws UnusableFileException if one is not set, or the files do not hold a certificate and its key
     */
    public FileContextFactory(@Nullable String certificateFile, @Nullable String keyFile) throws UnusableFileException {
        this(path(certificateFile), path(keyFile));
    }

    private static Path path(@Nullable String file) {
        return Path.of(file == null ? "" : file);
    }

    /** For people: the subject of the first certificate that was read, when that expires, and what is wrong with it. */
    public String description() {
        String trouble = first.trouble(clock.instant());
        return first + (trouble == null ? "" : "; " + trouble);
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        remind();
        watch = Watch.start("listener-certificate", used, this::look, new Watch.Observer<>() {
            @Override
            public void changed(Content content) {
                try {
                    take(content);
                } catch (Exception | Error e) {
                    keep(e);
                }
            }

            @Override
            public void unreadable(Throwable cause) {
                keep(cause);
            }
        });
    }

    @Override
    protected void doStop() throws Exception {
        if (watch != null) {
            watch.close();
        }
        super.doStop();
    }

    /** Why the current content of the files is not in use; null if it is. */
    @Nullable
    String lastProblem() {
        return problem;
    }

    private void take(Content content) throws Exception {
        if (!content.equals(used)) {
            Identity next = files.identity(content);
            reload(context -> context.setKeyStore(next.keyStore()));
            used = content;
            identity = next;
            LOG.info("The listener has a new certificate: {}", identity);
            remind();
        }
        problem = null;
    }

    private Content look() throws UnusableFileException {
        if (!clock.instant().isBefore(nextReminder)) {
            remind();
        }
        return files.read();
    }

    /** Called at the start, and then on the watch's thread. */
    private void remind() {
        Instant now = clock.instant();
        nextReminder = now.plus(REMINDER);
        String trouble = identity.trouble(now);
        if (trouble != null) {
            LOG.warn("The listener's certificate is {}; {}", identity, trouble);
        }
    }

    private void keep(Throwable cause) {
        problem = cause instanceof UnusableFileException ? String.valueOf(cause.getMessage()) : cause.toString();
        LOG.warn("The listener keeps the certificate that it has: {}", problem);
    }
}
