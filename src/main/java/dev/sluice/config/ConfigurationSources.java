package dev.sluice.config;

import java.io.IOException;
import java.io.InputStream;
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

    /** Bytes; a larger file is no configuration, and would take memory from requests. */
    private static final int MAX_FILE = 1 << 20;

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
        Variables variables = Variables.of(environment, contextParameters, ConfigurationSources::content);
        return names.stream().filter(variables::isSet).toList();
    }

    /**
     * Which lines of the file have no effect, because the environment or the context parameters set the same variable to
     * another value: a line of text for each of the two, without the values. Empty if there are none, or if the file
     * cannot be read.
     *
     * @param reading returns the contents of the file
     */
    public List<String> overridden(Reading reading) {
        return Variables.of(environment, contextParameters, reading).overridden();
    }

    /** The file that CONFIG_FILE names; null if it is not set or is not a valid path. */
    public @Nullable Path file() {
        return Variables.file(environment, contextParameters);
    }

    /**
     * Reads a file as a whole.
     *
     * @throws IOException if it cannot be read, is no file that has an end (reading a pipe could wait for ever), or is too
     *     large for a configuration
     */
    public static byte[] content(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException("it is not a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(MAX_FILE + 1);
            if (content.length > MAX_FILE) {
                throw new IOException("it has more than " + MAX_FILE + " bytes");
            }
            return content;
        }
    }

    /**
     * Reads the configuration, with the current contents of the file.
     *
     * @throws ConfigurationException with all problems
     */
    public Configuration read() {
        return read(ConfigurationSources::content);
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
