package dev.sluice.launcher.tls;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file that TLS needs cannot be used. */
public final class UnusableFileException extends Exception {

    private static final long serialVersionUID = 1;

    private final String variable;
    private final transient Path file;
    private final String reason;

    UnusableFileException(String variable, Path file, String reason) {
        super(variable + "=" + file + ": " + reason);
        this.variable = variable;
        this.file = file;
        this.reason = reason;
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

    public Path file() {
        return file;
    }

    /** What is wrong with the file, for the user. */
    public String reason() {
        return reason;
    }
}
