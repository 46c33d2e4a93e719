/**
 * TLS with the files that certificate tools write. Depends only on the JDK, Jetty's utilities, SLF4J and {@code watch},
 * so that {@code jetty-base/} can put it on the class path of its Jetty.
 */
@org.jspecify.annotations.NullMarked
package dev.sluice.launcher.tls;
