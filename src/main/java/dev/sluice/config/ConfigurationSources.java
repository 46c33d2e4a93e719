package dev.sluice.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sources of a configuration, see {@link Configuration#load}. The environment and the context parameters are fixed
 * while the process runs; the file may be read again. Immutable.
 */
public record ConfigurationSources(Map<String, String> environment, Map<String, String> contextParameters) {

    /** How the file is read. */
    @FunctionalInterface
    public interface Reading {
        /**
         * Returns the contents of the file.
         *
         * @throws IOException if it cannot be read
         */
        byte[] of(Path file) throws IOException;
    }

    public ConfigurationSources {
        environment = Map.copyOf(environment);
        contextParameters = Map.copyOf(contextParameters);
    }

    /** Those of the variables that are set now, but not in the environment; in the given order. */
    public List<String> setOutsideEnvironmentAmong(List<String> names) {
        return setAmong(names).stream()
                .filter(name -> !environment.containsKey(name))
                .toList();
    }

    /** Those of the variables that are set now, in any source; in the given order. */
    public List<String> setAmong(List<String> names) {
        Variables variables = Variables.of(environment, contextParameters, Files::readAllBytes);
        return names.stream().filter(variables::isSet).toList();
    }

    /** The file that CONFIG_FILE names; null if it is not set or is not a valid path. */
    public @Nullable Path file() {
        return Variables.file(environment, contextParameters);
    }

    /**
     * Reads the configuration, with the current contents of the file.
     *
     * @throws ConfigurationException with all problems
     */
    public Configuration read() {
        return read(Files::readAllBytes);
    }

    /**
     * Reads the configuration.
     *
     * @param reading returns the contents of the file; an exception is reported as the reason why the file cannot be
     *     read
     * @throws ConfigurationException with all problems
     */
    public Configuration read(Reading reading) {
        return new ConfigurationParser(Variables.of(environment, contextParameters, reading)).parse();
    }
}
