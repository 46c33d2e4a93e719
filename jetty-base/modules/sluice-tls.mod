[description]
Has Sluice listen with TLS too, on LISTENER_TLS_PORT, with the PEM files that LISTENER_TLS_CERTIFICATE_FILE and LISTENER_TLS_KEY_FILE name.

[depend]
sluice
http2
https

# The class that reads PEM, at the root of the WAR.
[lib]
${sluice.war}

[xml]
etc/sluice-tls.xml

[ini]
sluice.war?=${jetty.base}/../target/sluice.war
jetty.http2.rateControl.maxEventsPerSecond?=10000
jetty.ssl.acceptQueueSize?=1024
jetty.ssl.idleTimeout?=60000
# Rules do not look at names: a client may come by an address, or by any name.
jetty.ssl.sniHostCheck?=false
