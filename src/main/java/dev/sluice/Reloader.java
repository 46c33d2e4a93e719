package dev.sluice;

import dev.sluice.config.Configuration;
import dev.sluice.config.ConfigurationChanges;
import dev.sluice.config.ConfigurationException;
import dev.sluice.config.ConfigurationSources;
import dev.sluice.config.Problem;
import dev.sluice.watch.Watch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again, on a thread of its own, when the file that CONFIG_FILE names has changed or when told
 * to. A valid configuration replaces the one in use; what is wrong with any other is logged. Thread-safe.
 */
final class Reloader implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);

    private final ConfigurationSources sources;
    private final LiveLoadBalancer live;
    private final ConfigurationSources.Reading reading;

    /** What the process was started with: some variables take effect only then. */
    private final Configuration first;

    private final @Nullable Watch<String> watch;

    private final Consumer<Configuration> whenInUse;

    /**
     * Begins to watch the file at once, if there is one.
     *
     * @param whenInUse told of each other configuration that takes effect, on the watching thread; throws nothing
     */
    Reloader(ConfigurationSources sources, LiveLoadBalancer live, Consumer<Configuration> whenInUse) {
        this(sources, live, whenInUse, ConfigurationSources::content);
    }

    /** @param reading how the file is read */
    Reloader(
            ConfigurationSources sources,
            LiveLoadBalancer live,
            Consumer<Configuration> whenInUse,
            ConfigurationSources.Reading reading) {
        this.whenInUse = whenInUse;
        this.reading = reading;
        this.sources = sources;
        this.live = live;
        this.first = live.current().configuration();
        Path file = sources.file();
        String inUse = file == null ? "" : inUse(file);
        sayWhatIsOverridden(sources.overridden(path -> bytes(inUse)));
        this.watch = file == null
                ? null
                : Watch.start("sluice-configuration", inUse, () -> read(file), new Watch.Observer<>() {
                    @Override
                    public void changed(String content) {
                        reload(path -> bytes(content));
                    }

                    @Override
                    public void unreadable(Throwable cause) {
                        // It is not read again, because by now it may be half written.
                        reload(path -> {
                            throw cause instanceof IOException known ? known : new IOException(cause);
                        });
                    }
                });
    }

    /** Maps each byte to one character. */
    private String read(Path file) throws IOException {
        return new String(reading.of(file), StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String content) {
        return content.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The file's content; empty if that has changed since the process started. */
    private String inUse(Path file) {
        try {
            String content = read(file);
            if (sources.read(path -> bytes(content)).equals(live.current().configuration())) {
                return content;
            }
        } catch (IOException | ConfigurationException e) {
            LOG.debug("{} has changed already", file, e);
        }
        return "";
    }

    /** Reads the configuration again soon, whether it has changed or not. May be called from any thread. */
    void reload() {
        if (watch == null) {
            LOG.warn(
                    "There is nothing to reload: CONFIG_FILE is not set, and the environment of a running process does not change");
        } else {
            watch.lookNow();
        }
    }

    private void reload(ConfigurationSources.Reading content) {
        try {
            Configuration before = live.current().configuration();
            Configuration next = sources.read(content);
            ConfigurationChanges changes = new ConfigurationChanges(before, next);
            sayWhatStays(changes, next);
            boolean changed = !next.equals(before);
            if (changed) {
                live.replace(next);
                whenInUse.accept(next);
            }
            LOG.info("The configuration was reloaded; changed: {}", changes);
            sayWhatIsOverridden(sources.overridden(content));
            live.reloads().succeeded(changed);
        } catch (ConfigurationException e) {
            LOG.error("The configuration was reloaded and is wrong, so the previous one stays in use:");
            for (Problem problem : e.problems()) { // no lambda: a host's log may name the calling method
                LOG.error("{}", problem);
            }
            live.reloads().failed(e.problems().stream().map(Problem::toString).toList());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // this is being closed
        } catch (RuntimeException | Error e) {
            LOG.error("The configuration was reloaded and could not be put into use, so the previous one stays:", e);
            live.reloads().failed(List.of(e.toString()));
        }
    }

    private void sayWhatStays(ConfigurationChanges changes, Configuration next) {
        List<String> different = new ConfigurationChanges(first, next).needRestart();
        for (String variable : changes.needRestart()) {
            if (different.contains(variable)) {
                LOG.warn("{} has changed, which takes effect only at a restart", variable);
            } else {
                LOG.info("{} is again what this process was started with: no restart is needed any more", variable);
            }
        }
    }

    /** Else whoever edits such a line wonders why nothing changes. At INFO, because others mean it so. */
    private static void sayWhatIsOverridden(List<String> overridden) {
        for (String lines : overridden) {
            LOG.info("{}", lines); // no lambda, as in reload()
        }
    }

    /** Stops watching. A reload in progress is interrupted. */
    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
    }
}
