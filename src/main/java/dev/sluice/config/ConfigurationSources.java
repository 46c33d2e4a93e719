package dev.sluice.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from: as {@link Configuration#load} says. The environment and the parameters stay as they are while the process
 * runs, the file may be read again. Immutable.
 */
public record ConfigurationSources(Map<String, String> environment, Map<String, String> contextParameters) {

    /** How the file is read. */
    @FunctionalInterface
    public interface Reading {
        byte[] of(Path file) throws IOException;
    }

    public ConfigurationSources {
        environment = Map.copyOf(environment);
        contextParameters = Map.copyOf(contextParameters);
    }

    /** The file that CONFIG_FILE names; null if none is, or it cannot be the name of a file. */
    public @Nullable Path file() {
        return Variables.file(environment, contextParameters);
    }

    /**
     * As of now.
     *
     * @throws ConfigurationException with every problem at once
     */
    public Configuration read() {
        return read(Files::readAllBytes);
    }

    /**
     * With this in the file, or with what is thrown as the reason why it cannot be read.
     *
     * @throws ConfigurationException with every problem at once
     */
    public Configuration read(Reading reading) {
        return new ConfigurationParser(Variables.of(environment, contextParameters, reading)).parse();
    }
}
