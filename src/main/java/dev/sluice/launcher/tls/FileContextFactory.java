package dev.sluice.launcher.tls;

import dev.sluice.launcher.tls.IdentityFiles.Content;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS 1.2 and 1.3 for a listener, with the certificate and the key of two PEM files. While it runs they are looked at again each second:
 * a pair that belongs together is taken for new connections, and of any other one it is said why the old one stays.
 */
public final class FileContextFactory extends SslContextFactory.Server {

    private static final Logger LOG = LoggerFactory.getLogger(FileContextFactory.class);

    private static final long LOOK_MILLIS = 1000;

    private final IdentityFiles files;
    private final Identity first;

    private Content used;

    /** What was looked into last; of no use, unless it is in use: it is not looked into again. */
    private @Nullable Content looked;

    /** What was there when it was last looked at. */
    private @Nullable Content seen;

    /** Why what is there now is of no use; null if it is not so. */
    private volatile @Nullable String problem;

    private @Nullable ScheduledExecutorService timer;

    /** @throws UnusableFileException if the files are not a certificate and its key */
    public FileContextFactory(Path certificateFile, Path keyFile) throws UnusableFileException {
        files = new IdentityFiles(certificateFile, keyFile);
        used = files.read();
        first = files.identity(used);
        setIncludeProtocols("TLSv1.3", "TLSv1.2");
        setRenegotiationAllowed(false);
        setKeyStorePassword(Identity.PASSWORD);
        setKeyStore(first.keyStore());
    }

    /** For an XML file of Jetty's, whose values are texts; null where there is none. */
    public FileContextFactory(@Nullable String certificateFile, @Nullable String keyFile) throws UnusableFileException {
        this(path(certificateFile), path(keyFile));
    }

    private static Path path(@Nullable String file) {
        return Path.of(file == null ? "" : file);
    }

    /** For people: whose certificate it is, and for how long. */
    public String description() {
        return first.toString();
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "listener-certificate");
            thread.setDaemon(true);
            return thread;
        });
        started.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
        timer = started;
    }

    @Override
    protected void doStop() throws Exception {
        if (timer != null) {
            timer.shutdownNow();
        }
        super.doStop();
    }

    /** Why what the files hold now is not in use; null if it is. */
    @Nullable
    String lastProblem() {
        return problem;
    }

    /** On the timer's thread. What is thrown would end the timer. */
    private void look() {
        try {
            Content content = files.read();
            // Tools replace one file after the other: what is there counts once it was there twice.
            if (content.equals(used)) {
                looked = content;
                problem = null;
            } else if (content.equals(seen) && !content.equals(looked)) {
                looked = content;
                take(files.identity(content));
                used = content;
            }
            seen = content;
        } catch (UnusableFileException e) {
            keep(String.valueOf(e.getMessage()));
        } catch (Exception | Error e) {
            keep(e.toString());
        }
    }

    private void take(Identity identity) throws Exception {
        reload(context -> context.setKeyStore(identity.keyStore()));
        LOG.info("The listener has a new certificate: {}", identity);
    }

    private void keep(String reason) {
        if (!reason.equals(problem)) {
            problem = reason;
            LOG.warn("The listener keeps the certificate that it has: {}", reason);
        }
    }
}
