#!/bin/sh
# Makes the broker's password file from the environment, then becomes the broker. The passwords never stand in a
# command line, and only hashes are written.
set -eu
umask 077
file=/run/mosquitto/passwd
printf 'park-gateway:%s\nfield:%s\n' "$MQTT_GATEWAY_PASSWORD" "$MQTT_FIELD_PASSWORD" > "$file"
mosquitto_passwd -U "$file"
exec mosquitto -c /mosquitto/config/mosquitto.conf
