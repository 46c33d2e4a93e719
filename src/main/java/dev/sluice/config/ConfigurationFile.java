package dev.sluice.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the file that CONFIG_FILE names: UTF-8, perhaps with a byte order mark, with {@code KEY=value} lines, blank
 * lines, and comment lines that begin with {@code #}.
 */
final class ConfigurationFile {

    static final String VARIABLE = "CONFIG_FILE";

    private static final Pattern KEY = Pattern.compile("(?:export\\s+)?[A-Za-z_][\\w.-]*");

    private static final Pattern NAME = Pattern.compile("\\s*([A-Z][A-Z0-9_]*)[\\s:]");

    private ConfigurationFile() {}

    /**
     * Adds the variables of the file, and reports its problems. Returns false if the file cannot be read or is not
     * UTF-8.
     */
    static boolean read(String file, ConfigurationSources.Reading reading, Variables variables) {
        try {
            return parse(reading.of(Path.of(file)), file, variables);
        } catch (IOException | InvalidPathException e) {
            variables.report(VARIABLE, unreadable(file, e));
            return false;
        }
    }

    private static boolean parse(byte[] content, String file, Variables variables) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        try {
            parse(
                    withoutByteOrderMark(StandardCharsets.UTF_8
                                    .newDecoder()
                                    .decode(bytes)
                                    .toString())
                            .lines()
                            .toList(),
                    file,
                    variables);
            return true;
        } catch (CharacterCodingException e) {
            String before = new String(content, 0, bytes.position(), StandardCharsets.UTF_8);
            long line = (before + "?").lines().count();
            variables.report(VARIABLE, "the file must be UTF-8, but line " + line + " is not");
            return false;
        }
    }

    /** Some editors begin a file with one. It would become a part of the first name, and cannot be seen there. */
    private static String withoutByteOrderMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** Why a file cannot be read, in words for a problem. */
    static String unreadable(String file, Exception cause) {
        return cause instanceof NoSuchFileException
                ? "there is no file " + Path.of(file).toAbsolutePath()
                : "the file cannot be read: "
                        + (cause instanceof AccessDeniedException ? "permission denied" : cause.getMessage());
    }

    /** The name that a malformed line begins with, for a message. The rest may be a secret, or a line of a key. */
    private static String shown(String line) {
        Matcher name = NAME.matcher(line);
        return name.lookingAt() ? ": " + name.group(1) : "";
    }

    /** @param more what to add, or nothing */
    static void reportLine(int lineNumber, String more, Variables variables) {
        variables.report(VARIABLE, "line " + lineNumber + " must be KEY=value" + more);
    }

    private static void parse(List<String> lines, String file, Variables variables) {
        Map<String, Integer> lineNumbers = new HashMap<>();
        int lineNumber = 0;
        for (String line : lines) {
            lineNumber++;
            if (line.isBlank() || line.strip().startsWith("#")) {
                continue;
            }
            int equals = line.indexOf('=');
            String key = line.substring(0, Math.max(equals, 0)).strip();
            if (!KEY.matcher(key).matches()) {
                String before = lineNumber == 1 ? "" : lines.get(lineNumber - 2);
                String why = before.stripTrailing().endsWith("\\")
                        ? ", for a backslash does not continue line " + (lineNumber - 1)
                        : "";
                reportLine(lineNumber, why + shown(line), variables);
                continue;
            }
            Integer first = lineNumbers.putIfAbsent(key, lineNumber);
            if (first != null) {
                variables.report(VARIABLE, "line " + lineNumber + " sets " + key + ", as line " + first + " does");
            } else if (key.equals(VARIABLE)) {
                variables.report(VARIABLE, "line " + lineNumber + " sets CONFIG_FILE, which a file cannot");
            } else {
                variables.addLine(key, line.substring(equals + 1), lineNumber, file);
            }
        }
    }
}
