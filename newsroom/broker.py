"""Kombu's Redis transport with one fault mended: an acknowledgement that fails keeps its prefetch slot for ever.

Kombu frees the slot after Redis has removed the message. Where that connection has broken while the one that waits for
messages is whole, nothing reconnects and the slot stays taken: a worker with two slots answers `inspect ping` after two
lines "Couldn't ack" and receives nothing any more.
"""

from kombu.transport import redis, virtual


class QoS(redis.QoS):
    """Frees the slot of a message also where Redis could not be asked to remove it.

    Redis delivers that message once more after the visibility timeout, which every task allows.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue)
        except BaseException:
            virtual.QoS.ack(self, delivery_tag)
            raise


def install() -> None:
    """Have every channel of this process use it."""
    redis.Channel.QoS = QoS
