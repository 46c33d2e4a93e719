/** How it is noticed that a file has changed. Knows the JDK only, so that {@code jetty-base/} can have it on its server's class path. */
@org.jspecify.annotations.NullMarked
package dev.sluice.watch;
