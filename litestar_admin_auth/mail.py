"""What carries mails, for ``AdminConfig(mail=...)``."""

from litestar_admin_auth.core.mail import MailBackend as MailBackend
from litestar_admin_auth.core.mail import MailFailed as MailFailed
from litestar_admin_auth.core.mail_backends import ConsoleMail as ConsoleMail
from litestar_admin_auth.core.mail_backends import FolderMail as FolderMail
from litestar_admin_auth.core.mail_backends import MemoryMail as MemoryMail
from litestar_admin_auth.core.mail_backends import SMTPMail as SMTPMail
from litestar_admin_auth.core.mail_backends import mail_from_url as mail_from_url
