"""Animals that allow something else than a bucket's policy says."""

from __future__ import annotations

from dataclasses import replace

from fuzz.embedded import bucket_policies
from fuzz.embedded.bucket_policies import Statement
from fuzz.embedded.http_messages import HttpResponse
from fuzz.embedded.store.call import Call
from fuzz.embedded.store.effects import BucketSet
from fuzz.embedded.store.keeper import no_content
from fuzz.embedded.store.object_store import ObjectStore
from fuzz.embedded.store.state import Bucket
from fuzz.subjects.objects.zoo.remembering import Remembering


class DenialsUnread(ObjectStore):
    """It takes denials in a policy for nothing said."""

    def said(self, policy: str) -> tuple[Statement, ...]:
        return tuple(one for one in bucket_policies.statements(policy) if one.allows)


class FirstStatementOnly(ObjectStore):
    """It reads the first statement of a policy alone."""

    def said(self, policy: str) -> tuple[Statement, ...]:
        return bucket_policies.statements(policy)[:1]


class FirstActionOnly(ObjectStore):
    """It reads the first action of a statement alone."""

    def said(self, policy: str) -> tuple[Statement, ...]:
        return tuple(replace(one, actions=one.actions[:1]) for one in bucket_policies.statements(policy))


class FirstResourceOnly(ObjectStore):
    """It reads the first resource of a statement alone."""

    def said(self, policy: str) -> tuple[Statement, ...]:
        return tuple(replace(one, resources=one.resources[:1]) for one in bucket_policies.statements(policy))


class ActionsUnread(ObjectStore):
    """It allows every action where a policy allows one."""

    def said(self, policy: str) -> tuple[Statement, ...]:
        return tuple(replace(one, actions=("*",)) for one in bucket_policies.statements(policy))


class ResourcesUnread(ObjectStore):
    """It takes a statement about some keys for one about all."""

    def said(self, policy: str) -> tuple[Statement, ...]:
        return tuple(replace(one, resources=("*",)) for one in bucket_policies.statements(policy))


class WildcardsUnread(ObjectStore):
    """It takes wildcards in resources for characters like others, but for one at the end."""

    def said(self, policy: str) -> tuple[Statement, ...]:
        found = bucket_policies.statements(policy)
        return tuple(one for one in found if not any({"*", "?"} & set(name[:-1]) for name in one.resources))


class StarStopsAtSlash(ObjectStore):
    """It lets a star in a resource stand for no slash."""

    def policy_allows(self, bucket: Bucket, action: str, key: str) -> bool:
        return "/" not in key and super().policy_allows(bucket, action, key)


class HeadNotAllowed(ObjectStore):
    """It lets those read who may, but not by HEAD."""

    def check_permission(self, call: Call) -> None:
        if call.operation == "head_object":
            self.check_may(self.bucket(call.bucket), call.user, "", call.key)
        super().check_permission(call)


class PoliciesForgotten(ObjectStore):
    """It takes a policy, and goes on as if there were none."""

    def policy_allows(self, bucket: Bucket, action: str, key: str) -> bool:  # noqa: ARG002
        return False


class PoliciesForAnonymousOnly(ObjectStore):
    """It takes everybody in a policy for those without an account."""

    def may(self, bucket: Bucket, user: str | None, action: str, key: str) -> bool:
        return (user is None or user == bucket.owner) and super().may(bucket, user, action, key)


class DeletedPolicyStays(ObjectStore):
    """It answers that a policy is deleted, and keeps it."""

    def delete_policy(self, call: Call) -> HttpResponse:
        self.bucket(call.bucket)
        return no_content()


class FirstPolicyStays(ObjectStore):
    """It keeps the first policy of a bucket where another is put in its place."""

    def put_policy(self, call: Call) -> HttpResponse:
        known = self.bucket(call.bucket).policy
        answer = super().put_policy(call)
        if known:
            self.change_bucket(call, policy=known)
        return answer


class PolicySurvivesItsBucket(Remembering):
    """It gives a new bucket the policy of the deleted one of its name."""

    def delete_bucket(self, call: Call) -> HttpResponse:
        policy = self.bucket(call.bucket).policy
        answer = super().delete_bucket(call)
        self.memory[call.bucket] = policy
        return answer

    def create_bucket(self, call: Call) -> HttpResponse:
        answer = super().create_bucket(call)
        policy = self.memory.pop(call.bucket, "")
        bucket = self.bucket(call.bucket)
        self.commit(BucketSet(bucket.name, bucket.owner, bucket.created, policy, bucket.versioning))
        return answer


class ListedMayBeRead(ObjectStore):
    """It lets those read who may only list."""

    def policy_allows(self, bucket: Bucket, action: str, key: str) -> bool:
        if action == "s3:GetObject" and super().policy_allows(bucket, "s3:ListBucket", ""):
            return True
        return super().policy_allows(bucket, action, key)


class PolicyRewritten(ObjectStore):
    """It gives an empty policy back for any that was put."""

    def get_policy(self, call: Call) -> HttpResponse:
        answer = super().get_policy(call)
        return HttpResponse(answer.status, answer.headers, b'{"Statement": []}')
