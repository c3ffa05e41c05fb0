import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ProjectMembers } from '../../../client/operations.ts';
import { call } from '../hub/call.ts';
import { Empty } from '../parts/empty.tsx';
import { SelectField, TextField } from '../parts/field.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { isSubject, ROLES, type Role } from './roles.ts';

interface MemberTableProps {
  readonly project: string;
  readonly members: ProjectMembers['members'];
  readonly version: string;
  readonly mayChange: boolean;
}

/** The members of a project; changes are gathered, and saved at once. */
export function MemberTable({ project, members: before, version, mayChange }: MemberTableProps) {
  const client = useQueryClient();
  const [members, setMembers] = useState(before);
  const [subject, setSubject] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const saving = useMutation({
    mutationFn: async () =>
      await call('PUT /api/v1/projects/{project}/members', {
        params: { project },
        body: { members: members.flatMap(({ subject: who, role: as }) => memberOf(who, as)) },
        headers: { 'if-match': `"${version}"` },
      }),
    onSuccess: (saved) => client.setQueryData(['members', project], saved),
  });
  const isChanged = JSON.stringify(members) !== JSON.stringify(before);
  return (
    <>
      {members.length === 0 ? (
        <Empty title="It has no members: only those with a role for the whole platform reach it." />
      ) : (
        <ScrollTable label={`Members of ${project}`}>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">Role</th>
              <th scope="col">
                <span className="visually-hidden">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {members.map((member) => (
              <tr key={`${member.subject} ${member.role}`}>
                <th scope="row">{member.subject}</th>
                <td>{member.role}</td>
                <td>
                  {mayChange ? (
                    <button
                      type="button"
                      onClick={() => setMembers(members.filter((each) => each !== member))}
                      aria-label={`Take out ${member.subject} as ${member.role}`}
                    >
                      Take out
                    </button>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </ScrollTable>
      )}
      {mayChange ? (
        <>
          <div className="row end">
            <TextField
              label="Add"
              value={subject}
              onValue={setSubject}
              placeholder="user:alice"
              hint="user:NAME, group:NAME or serviceaccount:NAMESPACE/NAME"
              problem={subject === '' || isSubject(subject) ? undefined : 'is none of these'}
            />
            <SelectField
              label="As"
              value={role}
              onValue={(value) => setRole(ROLES.find((each) => each === value) ?? 'viewer')}
              choices={ROLES.map((each) => ({ value: each, label: each }))}
            />
            <button
              type="button"
              disabled={!isSubject(subject)}
              onClick={() => {
                setMembers([
                  ...members.filter((each) => each.subject !== subject || each.role !== role),
                  { subject, role },
                ]);
                setSubject('');
              }}
            >
              Add
            </button>
          </div>
          <ProblemNote error={saving.error} />
          <button
            type="button"
            className="primary"
            disabled={!isChanged || saving.isPending}
            onClick={() => saving.mutate()}
          >
            {saving.isPending ? 'Saving…' : 'Save the members'}
          </button>{' '}
          <span role="status">{isChanged ? 'Not saved yet.' : ''}</span>
        </>
      ) : null}
    </>
  );
}

function memberOf(subject: string, role: string): { subject: string; role: Role }[] {
  const known = ROLES.find((each) => each === role);
  return known === undefined ? [] : [{ subject, role: known }];
}
