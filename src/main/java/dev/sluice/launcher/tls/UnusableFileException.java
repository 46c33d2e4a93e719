package dev.sluice.launcher.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file that TLS needs cannot be used. The message tells the user its variable and the reason. */
public final class UnusableFileException extends Exception {

    private static final long serialVersionUID = 1;

    private final String variable;
    private final transient Path file;
    private final String reason;

    UnusableFileException(String variable, Path file, String reason) {
        super(message(variable, file, reason));
        this.variable = variable;
        this.file = file;
        this.reason = reason;
    }

    /** Where the content of a key file was set instead of its name, the message shows nothing of it. */
    private static String message(String variable, Path file, String reason) {
        return file.toString().contains("PRIVATE KEY")
                ? variable + ": it holds a private key; it must be the name of a file"
                : variable + "=" + file + ": " + reason;
    }

    /** This exception, and those about other files that were found at the same time. */
    public List<UnusableFileException> all() {
        List<UnusableFileException> all = new ArrayList<>(List.of(this));
        for (Throwable other : getSuppressed()) {
            if (other instanceof UnusableFileException ofAnother) {
                all.add(ofAnother);
            }
        }
        return all;
    }

    /** The variable that names the file. */
    public String variable() {
        return variable;
    }

    /** The value of the variable, which may be the key itself. */
    public Path file() {
        return file;
    }

    /** What is wrong with the file, for the user. It may quote the value of the variable. */
    public String reason() {
        return reason;
    }
}
