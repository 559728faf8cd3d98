create table patient (PatNum bigint primary key, LName varchar(100), FName varchar(100), MiddleI varchar(100), Preferred varchar(100),
  PatStatus tinyint, Gender tinyint, Birthdate date, SSN varchar(100), HmPhone varchar(30), WirelessPhone varchar(30), Guarantor bigint,
  Email varchar(100), MedUrgNote varchar(255), MedicaidID varchar(20), Language varchar(100), PreferContactMethod tinyint, PreferConfirmMethod tinyint,
  PreferRecallMethod tinyint, TxtMsgOk tinyint, DateTStamp timestamp) engine=MyISAM;
create table appointment (AptNum bigint primary key, PatNum bigint, AptStatus tinyint, Pattern varchar(255), Confirmed bigint, AptDateTime datetime,
  ProcDescript text, Note text, DateTimeArrived datetime, DateTimeDismissed datetime, SecDateTEntry datetime, DateTStamp timestamp) engine=MyISAM;
create table definition (DefNum bigint primary key, ItemName varchar(255)) engine=MyISAM;
create table recall (RecallNum bigint primary key, PatNum bigint, DateDueCalc date, DateDue date, RecallInterval int, RecallStatus bigint, Note text,
  IsDisabled tinyint, DateTStamp timestamp, RecallTypeNum bigint, DisableUntilDate date, DateScheduled date) engine=MyISAM;
create table recalltype (RecallTypeNum bigint primary key, Description varchar(255)) engine=MyISAM;
create table commoptout (CommOptOutNum bigint primary key, PatNum bigint, OptOutSms int, OptOutEmail int) engine=MyISAM;
create table guardian (GuardianNum bigint primary key, PatNumChild bigint, PatNumGuardian bigint, Relationship tinyint, IsGuardian tinyint) engine=MyISAM;
create table patientlink (PatientLinkNum bigint primary key, PatNumFrom bigint, PatNumTo bigint, LinkType tinyint, DateTimeLink datetime) engine=MyISAM;
insert into definition values (19, 'Not Called'), (21, 'Appointment Confirmed');
insert into recalltype values (1, 'Prophy');
insert into patient values
  (11, 'Núñez', 'Elena', '', 'Ellie', 0, 1, '1984-05-02', 'never-keep', '', '555', 11, 'elena@example.com', 'never-keep', '', 'spa', 0, 0, 5, 2, '2026-02-20'),
  (15, 'Ray', 'Ray', '', '', 0, 0, '0001-01-01', '', '', '', 15, 'ray@example.com', '', '', '', 1, 0, 0, 0, '2026-02-20');
insert into appointment values
  (501, 11, 1, '//XX', 21, '2026-03-10 09:30:00', 'never-keep', 'never-keep', '2026-03-10', '2026-03-10', '2026-01-04 09:12:05', '2026-02-20'),
  (502, 15, 1, '//XX', 19, '2026-03-11 09:30:00', '', '', '0001-01-01', '0001-01-01', '0001-01-01', '2026-02-20'),
  (503, 15, 6, '//XX', 19, '0001-01-01 00:00:00', '', '', '0001-01-01', '0001-01-01', '0001-01-01', '2026-02-20');
insert into recall values (40, 11, '2026-07-09', '2026-07-09', 393217, 0, 'never-keep', 0, '2026-02-20', 1, '0001-01-01', '0001-01-01');
insert into commoptout values (1, 15, 0, 4);
insert into guardian values (1, 15, 11, 1, 1);
insert into patientlink values (1, 16, 11, 1, '2026-02-01'), (2, 17, 11, 2, '2026-02-01');
create user 'reader'@'%' identified by 'pw-reader';
grant select on opendental.* to 'reader'@'%';
