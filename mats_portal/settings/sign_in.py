"""Who signs in, and how: passwords, codes by mail, second factors, passkeys."""

import os

from mats_portal.settings.environment import PORTAL_NAME, env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/my/"

ACCOUNT_ADAPTER = "accounts.adapter.account.PortalAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
# The password is optional: the code is the way in, and a password may be set later.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = True
# Only "mandatory" keeps sign-up from telling whether an address is known.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Codes, not links: mail scanners follow links, and a code proves that the person reads the mail.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# The time limit comes from SESSION_COOKIE_AGE alone; no "remember me" box.
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT") or 0)
ACCOUNT_FORMS = {
    name: f"accounts.forms.sign_in.{form}"
    for name, form in {
        "login": "LoginForm",
        "signup": "PlainSignupForm",
        "add_email": "AddEmailForm",
        "change_password": "ChangePasswordForm",
        "set_password": "SetPasswordForm",
        "reset_password": "ResetPasswordForm",
        "reset_password_from_key": "NewPasswordForm",
        "request_login_code": "RequestLoginCodeForm",
        "confirm_login_code": "ConfirmLoginCodeForm",
        "confirm_email_verification_code": "ConfirmEmailForm",
        "confirm_password_reset_code": "ConfirmResetForm",
        "change_email": "ChangeEmailForm",
        "reauthenticate": "ReauthenticateForm",
    }.items()
}
# Everybody who holds a role sets up a second factor before they see a page of theirs. Never asked for in the demo.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=True)
MFA_ADAPTER = "accounts.adapter.second_factor.PortalMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A passkey replaces password and second factor: the device has asked for a fingerprint or a PIN.
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = PORTAL_NAME
# One step of 30 seconds early or late: clocks of phones differ.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    name: f"accounts.forms.second_factor.{form}"
    for name, form in {
        "authenticate": "AuthenticateForm",
        "reauthenticate": "ReauthenticateForm",
        "activate_totp": "ActivateAppForm",
        "add_webauthn": "AddPasskeyForm",
        "edit_webauthn": "RenamePasskeyForm",
    }.items()
}
USERSESSIONS_ADAPTER = "accounts.adapter.sessions.PortalUserSessionsAdapter"
USERSESSIONS_TRACK_ACTIVITY = False
