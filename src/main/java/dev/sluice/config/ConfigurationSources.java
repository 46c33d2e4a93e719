package dev.sluice.config;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a configuration comes from: as {@link Configuration#load} says. The environment and the parameters stay as they are while the process
 * runs, the file may be read again. Immutable.
 */
public record ConfigurationSources(Map<String, String> environment, Map<String, String> contextParameters) {

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
        return new ConfigurationParser(Variables.of(environment, contextParameters, null)).parse();
    }

    /**
     * With this in the file.
     *
     * @throws ConfigurationException with every problem at once
     */
    public Configuration read(byte[] fileContent) {
        return new ConfigurationParser(Variables.of(environment, contextParameters, fileContent)).parse();
    }
}
